-- Posts MCP tools/call with a random key and checks every answer: it is right if its JSON-RPC id has a key, what is
-- expected for that key stands in it, and no error does.
local path, body, expected, rows = "@PATH@", [==[@BODY@]==], [==[@EXPECTED@]==], @ROWS@
local headers = { @HEADERS@ }
local threads = {}

right, wrong, example = 0, 0, ""

function setup(thread)
    thread:set("seed", @SEED@ + #threads)
    table.insert(threads, thread)
end

function init(args)
    math.randomseed(seed)
end

function request()
    local key = string.format("%d", math.random(1, rows))
    return wrk.format("POST", path, headers, (body:gsub("@KEY@", key)))
end

function response(status, _, answer)
    local key = answer:match('"id":%s*"k(%d+)"')
    local good = status == 200 and key
        and answer:find((expected:gsub("@KEY@", key)), 1, true)
        and not answer:find('"isError":%s*true')
        and not answer:find('"success\\": false', 1, true)
    if good then
        right = right + 1
    else
        wrong = wrong + 1
        if example == "" then example = status .. " " .. answer:sub(1, 300) end
    end
end

function done(summary, latency)
    local good, bad, first = 0, 0, ""
    for _, thread in ipairs(threads) do
        good = good + thread:get("right")
        bad = bad + thread:get("wrong")
        if first == "" then first = thread:get("example") end
    end
    io.write("RESULT ", string.format("%d %d %d %d %d %d %d %d", summary.duration, summary.requests, latency:percentile(50),
        latency:percentile(99), latency.max, good, bad,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout), "\n")
    if first ~= "" then io.write("WRONG ", (first:gsub("[\r\n]", " ")), "\n") end
end
