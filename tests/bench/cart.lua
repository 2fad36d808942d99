-- wrk: the lives of carts. Of what shoppers do, 60 % is a reserve, 20 % a replace (cancel, then
-- reserve), 10 % a cancel and 10 % a convert, each of a hold that an earlier answer named.
--
--     wrk -t1 -s cart.lua http://... -- WORKLOAD FIRST COUNT SEED
--
-- The variants are chosen, and the end is told, as in reserve.lua.

local folder = debug.getinfo(1, "S").source:match("^@(.*/)") or ""
dofile(folder .. "reserve.lua")

local reserve = request
local headers = {["Content-Type"] = "application/json"}
local holds, count = {}, 0
local replacing = false

-- Any of the holds, which is then no longer ours.
local function take()
	local place = math.random(count)
	local hold = holds[place]
	holds[place] = holds[count]
	holds[count] = nil
	count = count - 1
	return hold
end

local function cancel()
	return wrk.format("POST", "/api/stock/cancel-reservation", headers,
		'{"reservationId":' .. take() .. "}")
end

local function convert()
	local hold = take()
	return wrk.format("POST", "/api/stock/convert-reservations", headers,
		'{"reservationIds":[' .. hold .. '],"orderId":"order-' .. hold .. '"}')
end

function request()
	if replacing or count == 0 then
		replacing = false
		return reserve()
	end
	local what = math.random()
	if what < 0.6 then
		return reserve()
	elseif what < 0.8 then
		replacing = true
		return cancel()
	elseif what < 0.9 then
		return cancel()
	end
	return convert()
end

-- Only a reserve is answered with 201.
function response(status, _, body)
	local hold = status == 201 and body:match('"reservationId"%s*:%s*"?(%d+)')
	if hold then
		count = count + 1
		holds[count] = hold
	end
end
