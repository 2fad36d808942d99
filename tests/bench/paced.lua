-- wrk: the reserves of reserve.lua, but each connection pauses for 5 ms before each: a load with a
-- bound, 200 requests a second for each connection at most.

local folder = debug.getinfo(1, "S").source:match("^@(.*/)") or ""
dofile(folder .. "reserve.lua")

function delay()
	return 5
end
