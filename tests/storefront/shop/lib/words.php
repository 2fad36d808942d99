<?php
/* The shop's words in its two languages. */
declare(strict_types=1);

/** By the link (?language=tr), then by a cookie, then by the browser. */
function choose_language(): void
{
	$asked = $_GET['language'] ?? null;
	if ($asked === 'tr' || $asked === 'en') {
		setcookie('language', $asked, [
			'expires' => time() + 365 * 86400, 'path' => '/shop/', 'samesite' => 'Lax',
		]);
		$query = http_build_query(array_diff_key($_GET, ['language' => '']));
		$path = substr((string)parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH), strlen('/shop'));
		redirect($path . ($query === '' ? '' : "?$query"));
	}
}

/** tr or en. */
function language(): string
{
	$kept = $_COOKIE['language'] ?? '';
	if ($kept === 'tr' || $kept === 'en') {
		return $kept;
	}
	preg_match('/\b(tr|en)\b/i', $_SERVER['HTTP_ACCEPT_LANGUAGE'] ?? '', $first);
	return strtolower($first[1] ?? 'tr');
}

/** The words for a key, {n} and the like filled in. Not escaped: that is the template's to do. */
function t(string $key, string|int ...$values): string
{
	$words = WORDS[$key][language() === 'tr' ? 0 : 1];
	foreach ($values as $name => $value) {
		$words = str_replace("{{$name}}", (string)$value, $words);
	}
	return $words;
}

const WORDS = [
	// the frame
	'skip' => ['İçeriğe geç', 'Skip to the content'],
	'products' => ['Ürünler', 'Products'],
	'cart' => ['Sepet', 'Cart'],
	'log_in' => ['Giriş yap', 'Log in'],
	'log_out' => ['Çıkış yap', 'Log out'],
	'menu' => ['Menü', 'Menu'],
	'about' => [
		'Bu bir deneme mağazasıdır: hiçbir şey satmaz, sepetinizi stok hizmeti tutar.',
		'This is a demo shop: it sells nothing, and stok holds your cart.',
	],

	// products
	'intro' => [
		'Sepete koyduğunuz her şey 30 dakika boyunca sizindir.',
		'Whatever you put into your cart is yours for 30 minutes.',
	],
	'add' => ['Sepete ekle', 'Add to cart'],
	'add_name' => ['Sepete ekle: {name}', 'Add to cart: {name}'],
	'in_stock' => ['Stokta var', 'In stock'],
	'only_left' => ['Son {n} adet', 'Only {n} left'],
	'sold_out' => ['Tükendi', 'Sold out'],
	'not_for_sale' => ['Satışta değil', 'Not for sale'],
	'free_again' => [
		'Hepsi başka sepetlerde; {time} içinde boşalabilir',
		'All in other carts; may be free in {time}',
	],
	'in_your_cart' => ['Sepetinizde: {n}', 'In your cart: {n}'],
	'no_more' => ['Başka yok', 'No more to be had'],
	'stock_is_unknown' => [
		'Stok bilgisine şu anda ulaşamıyoruz. Ürünleri yine de inceleyebilirsiniz.',
		'We cannot reach our stock at the moment. You are welcome to look around.',
	],
	'minutes' => ['{n} dakika', '{n} min'],

	// cart
	'cart_is_empty' => ['Sepetiniz boş.', 'Your cart is empty.'],
	'to_products' => ['Ürünlere göz atın', 'Have a look at the products'],
	'quantity' => ['Adet', 'Quantity'],
	'quantity_of' => ['Adet: {name}', 'Quantity of {name}'],
	'change' => ['Değiştir', 'Change'],
	'change_name' => ['Adedi değiştir: {name}', 'Change the quantity of {name}'],
	'remove' => ['Çıkar', 'Remove'],
	'remove_name' => ['Sepetten çıkar: {name}', 'Remove {name}'],
	'hold_again' => ['Yeniden ayır', 'Hold again'],
	'hold_again_name' => ['Yeniden ayır: {name}', 'Hold again: {name}'],
	'hold_now' => ['Ayır', 'Hold'],
	'hold_now_name' => ['Ayır: {name}', 'Hold: {name}'],
	'each' => ['tanesi {price}', '{price} each'],
	'total' => ['Toplam', 'Total'],
	'time_left' => ['Sepetiniz sizin için ayrıldı. Kalan süre:', 'Your cart is held for you. Time left:'],
	'minutes_left' => ['Sepetiniz {n} dakika sonra boşa çıkar.', 'Your cart is held for {n} more minutes.'],
	'one_minute_left' => ['Sepetiniz bir dakika sonra boşa çıkar.', 'Your cart is held for one more minute.'],
	'time_is_up' => [
		'Ayrılan süre doldu: ürünler artık herkese açık.',
		'The time is up: the items are free for everybody again.',
	],
	'state_held' => ['Sizin için ayrıldı', 'Held for you'],
	'state_ended' => ['Süresi doldu; artık ayrılmış değil', 'The hold has ended'],
	'state_missing' => ['Henüz ayrılmadı', 'Not held yet'],
	'state_unknown' => ['Durumu şu anda bilinmiyor', 'Cannot be checked at the moment'],
	'stok_is_away' => [
		'Stok hizmetine şu anda ulaşamıyoruz. Sepetiniz duruyor; ödeme birazdan yeniden açılır.',
		'We cannot reach our stock at the moment. Your cart is safe; payment will open again soon.',
	],
	'held_for_you' => ['{name}: sizin için ayrıldı.', '{name}: held for you.'],
	'removed' => ['{name}: sepetten çıkarıldı.', '{name}: removed from your cart.'],
	'only_some' => [
		'{name}: en fazla {n} adet alabilirsiniz. Sepetiniz olduğu gibi duruyor.',
		'{name}: you can have {n} at most. Your cart is as it was.',
	],
	'all_held' => [
		'{name}: sonuncusu başka bir müşterinin sepetinde. {time} içinde yeniden boşalabilir.',
		'{name}: another shopper has the last one in the cart. It may be free again in {time}.',
	],
	'sold_out_now' => ['{name}: ne yazık ki tükendi.', '{name}: sorry, it is sold out.'],
	'bad_quantity' => ['Adet 1 ile {n} arasında olmalı.', 'The quantity must be between 1 and {n}.'],
	'not_held_yet' => [
		'{name}: sepetinizde, ama şu anda sizin için ayıramıyoruz. Ödemeden önce yeniden deneyeceğiz.',
		'{name}: in your cart, but we cannot hold it for you at the moment. We try again before you pay.',
	],

	// payment
	'to_payment' => ['Ödemeye geç', 'Go to payment'],
	'payment' => ['Ödeme', 'Payment'],
	'payment_is_closed' => [
		'Ödeme şu anda kapalı: stok hizmetine ulaşamıyoruz. Kartınızdan para çekilmedi. '
			. 'Lütfen birkaç dakika sonra yeniden deneyin.',
		'Payment is closed at the moment: we cannot reach our stock. You have not been charged. '
			. 'Please try again in a few minutes.',
	],
	'cart_has_changed' => [
		'Sepetiniz bu arada değişti. Lütfen toplamı bir kez daha kontrol edin.',
		'Your cart has changed meanwhile. Please check the total once more.',
	],
	'bank' => ['Bankanız ne desin?', 'What shall your bank say?'],
	'bank_hint' => ['Gerçek bir ödeme yapılmaz.', 'No money changes hands.'],
	'bank_approved' => ['Ödemeyi onaylasın', 'Approve the payment'],
	'bank_declined' => ['Ödemeyi reddetsin', 'Decline the payment'],
	'bank_late' => ['Yanıtı geciksin', 'Answer late'],
	'pay' => ['{price} öde', 'Pay {price}'],
	'back_to_cart' => ['Sepete dön', 'Back to the cart'],
	'declined' => [
		'Bankanız ödemeyi reddetti. Sepetiniz duruyor; başka bir kartla deneyebilirsiniz.',
		'Your bank declined the payment. Your cart is as it was; you may try another card.',
	],

	// orders
	'order' => ['Sipariş {id}', 'Order {id}'],
	'order_PENDING' => [
		'Bankanızın yanıtını bekliyoruz. Bu sayfayı kapatabilirsiniz.',
		'We are waiting for your bank. You may close this page.',
	],
	'order_DECLINED' => ['Bankanız ödemeyi reddetti.', 'Your bank declined the payment.'],
	'order_PAID' => [
		'Ödemeniz alındı. Siparişiniz onaylanıyor; bunun için bir şey yapmanız gerekmez.',
		'We have your payment. Your order is being confirmed; there is nothing for you to do.',
	],
	'order_DONE' => ['Teşekkürler! Siparişiniz hazırlanıyor.', 'Thank you! Your order is on its way.'],
	'order_SHORT' => [
		'Ödemeniz, ayrılan süre dolduktan sonra geldi ve ürünler bu arada satıldı. '
			. 'Paranız iade edilecek.',
		'Your payment came after the hold had ended, and the items are sold. You will be refunded.',
	],
	'bank_answers_now' => ['Banka şimdi onaylasın', 'Let the bank approve now'],

	// login
	'email' => ['E-posta', 'E-mail'],
	'password' => ['Parola', 'Password'],
	'login_hint' => [
		'Denemek için: ayse@example.com ya da mehmet@example.com, parola carsi.',
		'To try: ayse@example.com or mehmet@example.com, the password is carsi.',
	],
	'wrong_password' => ['E-posta ya da parola yanlış.', 'The e-mail or the password is wrong.'],
	'welcome' => ['Merhaba {name}! Sepetiniz sizinle.', 'Hello {name}! Your cart is with you.'],

	// problems
	'problem' => ['Olmadı', 'That did not work'],
	'no_such_page' => ['Böyle bir sayfa yok.', 'There is no such page.'],
	'no_such_product' => ['Böyle bir ürün yok.', 'There is no such product.'],
	'no_such_order' => ['Böyle bir siparişiniz yok.', 'You have no such order.'],
	'form_is_old' => [
		'Bu form eskimiş. Lütfen sayfayı yenileyip bir kez daha deneyin.',
		'This form is too old. Please load the page anew and try once more.',
	],
	'went_wrong' => [
		'Bir şeyler ters gitti. Lütfen biraz sonra yeniden deneyin.',
		'Something went wrong. Please try again in a while.',
	],
];
