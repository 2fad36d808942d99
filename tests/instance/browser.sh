# shellcheck shell=bash
# What the tests in a browser need: Debian's Chromium, Node, and playwright-core from npm. Sourced by
# ./check.

browser_home=$top/var/browser
browser_why= # why it cannot be had

get_browser() {
	mkdir -p "$browser_home"
	(install_packages "${BROWSER_PACKAGES[@]}") >"$browser_home/packages.log" 2>&1 </dev/null 8>&- || {
		browser_why="Chromium cannot be had: see $browser_home/packages.log"
		return 1
	}
	(install_modules) >"$browser_home/npm.log" 2>&1 </dev/null 8>&- || {
		browser_why="playwright-core cannot be had from npm: see $browser_home/npm.log"
		return 1
	}
}

# Only when the list of packages has changed. Without scripts: none of these needs one.
install_modules() {
	local wanted=$top/tests/browser/package-lock.json
	! cmp -s "$wanted" "$browser_home/installed" || return 0
	rm -f "$browser_home/installed"
	cp "$top"/tests/browser/{package.json,package-lock.json,.npmrc} "$browser_home/" || return
	(cd "$browser_home" && npm ci --ignore-scripts --no-audit --no-fund) || return
	cp "$wanted" "$browser_home/installed"
}
