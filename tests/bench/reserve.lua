-- wrk: every request is a reserve by a new session.
--
--     wrk -s reserve.lua http://... -- WORKLOAD FIRST COUNT SEED
--
-- WORKLOAD: uniform over COUNT variants from id FIRST on; skewed: four of five on the first 20 of
-- them. One of COUNT 1 is hot. At the end it prints one line of JSON; times are in microseconds.

local workload, first, count
local number = 0
local prefix

-- wrk.format() walks its tables for every request: the generator's time is taken from the others.
local head = "POST /api/stock/reserve HTTP/1.1\r\nHost: localhost\r\n" ..
	"Content-Type: application/json\r\nContent-Length: "

function init(arguments)
	workload, first, count = arguments[1], tonumber(arguments[2]), tonumber(arguments[3])
	math.randomseed(tonumber(arguments[4]))
	prefix = string.format(',"quantity":1,"sessionId":"%08x-', math.random(0, 2 ^ 31 - 1))
end

local function choose()
	if workload == "skewed" and math.random() < 0.8 then
		return first + math.random(0, 19)
	end
	return first + math.random(0, count - 1)
end

function request()
	number = number + 1
	local body = '{"variantId":' .. choose() .. prefix .. number .. '"}'
	return head .. #body .. "\r\n\r\n" .. body
end

function done(summary, latency, requests)
	local errors = summary.errors
	io.write(string.format(
		'{"requests":%d,"duration":%d,"p50":%d,"p99":%d,"max":%d,' ..
		'"refused":%d,"broken":%d,"timeouts":%d}\n',
		summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
		latency.max, errors.status, errors.connect + errors.read + errors.write, errors.timeout))
end
