-- Which backend a request goes to: what Redis says of its host; if Redis does not answer, what it
-- said last.
--
-- At the key PREFIX<domain> is the set of the domain's backends, `http(s)://host:port[/path]`. A domain
-- may begin with `*.`. The exact name goes first, then the longest wildcard. The key
-- micro:routing:filled:PREFIX is there once all of them are: in a Redis that was emptied, and is not
-- filled again, a set that is missing says nothing.

local redis_sets = require("redis_sets")

local _M = {}

local PAUSE = 1 -- how long it is left alone after it has failed, in s
local TRIES = 4 -- how many backends are tried

local FILLED = "micro:routing:filled:" -- what stands before the prefix in the name of that key

-- Backends by host. Not by domain: a host that nobody has asked for yet may have a domain of its own,
-- so the wildcard of somebody else must not stand in for it while Redis is down. Anybody can think of
-- hosts below a wildcard, so many that others would have no room: they have a room of their own.
local own_copies, wildcard_copies = ngx.shared.routing_copies, ngx.shared.routing_wildcard_copies

-- Entries of `own_copies` that are no hosts.
local IS_DOWN, IS_ASKED, IS_LOGGED = " is down", " is asked", " is logged"

-- The host in lower case, without port and final dot; nil if it cannot be a domain.
local function requested_host()
  local host = (ngx.var.http_host or ""):lower():match("^([a-z0-9_.-]+):?%d*$")
  host = host and host:gsub("%.$", "")
  -- nginx itself goes by the host of an absolute URL; with another one in `Host`, a backend would
  -- take the request for one of somebody else's.
  if not host or host ~= ngx.var.host or #host > 253 then
    return nil
  end
  for label in (host .. "."):gmatch("(.-)%.") do
    if label == "" or #label > 63 then
      return nil
    end
  end
  return host
end

local function keys_for(prefix, host)
  local keys = { prefix .. host }
  for rest in host:gmatch("()%.") do
    keys[#keys + 1] = prefix .. "*" .. host:sub(rest)
  end
  return keys
end

-- Whether nginx can call it.
local function is_callable(url)
  local scheme, path = url:match("^(%a+)://[%w.:_%[%]-]+(.*)$")
  scheme = scheme and scheme:lower()
  return (scheme == "http" or scheme == "https") and (path == "" or path:find("^/[^%s?#]*$"))
end

-- The backends of a set that can be called, between blanks.
local function callable(key, set)
  local backends = {}
  for _, url in ipairs(set) do
    if is_callable(url) then
      backends[#backends + 1] = url
    else
      ngx.log(ngx.ERR, "`", key, "` has `", url, "` instead of a URL http(s)://host:port[/path]")
    end
  end
  return table.concat(backends, " ")
end

-- What the first set says that is there: the backends of the `own` domain of the host, or of a
-- `wildcard`, or neither. It `is_final`, unless a set that is missing may not be there yet. Or nil,
-- and why, if Redis does not say.
local function ask(host)
  local prefix = ngx.var.routing_prefix
  local keys = keys_for(prefix, host)
  local found, err = redis_sets.find({
    address = ngx.var.routing_redis,
    password = ngx.var.routing_redis_password,
    database = ngx.var.routing_redis_database,
    timeout = tonumber(ngx.var.routing_redis_timeout) / 1000,
  }, keys, FILLED .. prefix)
  if not found then
    return nil, err
  end
  for place, set in ipairs(found.sets) do
    if set.error and not set.error:find("^WRONGTYPE") then
      return nil, set.error
    elseif set.error then
      -- No route; and no wildcard either, for this host has, or had, a domain of its own.
      ngx.log(ngx.ERR, "`", keys[place], "` is of another type, instead of a set of URLs")
      break
    elseif #set > 0 and place == 1 then
      return { is_final = true, own = callable(keys[place], set) }
    elseif #set > 0 then
      return { is_final = found.has_flag, wildcard = callable(keys[place], set) }
    end
  end
  return { is_final = found.has_flag }
end

-- Whether Redis should be asked: while it is down, once in a while.
local function is_to_be_asked()
  return not own_copies:get(IS_DOWN) or own_copies:add(IS_ASKED, true, PAUSE)
end

local function note_failure(err)
  ngx.log(ngx.ERR, "Redis does not say where hosts are: ", err, "; for ", PAUSE, " s copies serve")
  own_copies:set(IS_DOWN, true)
  own_copies:set(IS_ASKED, true, PAUSE)
end

local function note_gap()
  if own_copies:add(IS_LOGGED, true, PAUSE) then
    local key = FILLED .. ngx.var.routing_prefix
    ngx.log(ngx.ERR, "Redis was emptied and is not filled, `", key, "` is missing; copies serve")
  end
end

-- Keeps what Redis said of a host; that there is nothing, by forgetting what it said before.
local function keep(copies, host, backends)
  local copy = copies:get(host)
  if copy ~= backends and not (backends and copies:set(host, backends)) then
    copies:delete(host)
  end
end

-- What Redis says of a host that it knows, or else what it said last: the backends, between blanks;
-- or nil, and the status to answer with.
local function find_backends(host)
  if is_to_be_asked() then
    local answer, err = ask(host)
    if not answer then
      note_failure(err)
    elseif answer.is_final then
      own_copies:delete(IS_DOWN)
      keep(own_copies, host, answer.own)
      keep(wildcard_copies, host, answer.wildcard)
      return answer.own or answer.wildcard, 404
    else
      own_copies:delete(IS_DOWN)
      note_gap()
    end
  end
  return own_copies:get(host) or wildcard_copies:get(host), 503
end

-- At most so many of them, in an order drawn by lot.
local function draw(backends)
  local urls = {}
  for url in backends:gmatch("%S+") do
    urls[#urls + 1] = url
  end
  local count = math.min(#urls, TRIES)
  for place = 1, count do
    local drawn = math.random(place, #urls)
    urls[place], urls[drawn] = urls[drawn], urls[place]
  end
  return table.concat(urls, " ", 1, count)
end

-- Aims at the next backend; false if there is none. The path is passed on as the client wrote it.
local function aim()
  local backend, rest = ngx.var.routing_backends:match("^(%S+) ?(.*)$")
  if not backend then
    return false
  end
  ngx.var.routing_backends = rest
  ngx.var.routing_target = backend:gsub("/$", "") .. ngx.var.request_uri:gsub("^[^/]", "/%0")
  return true
end

-- What a client says of itself must not look like what a proxy has seen.
local function drop_forwarded()
  for name in pairs(ngx.req.get_headers(0)) do
    if name == "forwarded" or name:find("^x%-forwarded%-") then
      ngx.req.clear_header(name)
    end
  end
end

-- To be called by each worker once.
function _M.start()
  -- They would draw the same backends otherwise.
  math.randomseed(ngx.now() * 1000 + ngx.worker.pid())
end

-- Chooses the backend of a request.
function _M.choose()
  local host = requested_host()
  if not host then
    return ngx.exit(400)
  end
  local backends, status = find_backends(host)
  if not backends then
    return ngx.exit(status)
  end
  drop_forwarded()
  ngx.var.routing_backends = draw(backends)
  if not aim() then
    return ngx.exec("@502")
  end
end

-- Whether the last backend was connected. The lists of nginx end with it: the address is missing if
-- its name was not found, and the time is `-` if nobody was there.
local function was_connected()
  local address = (ngx.var.upstream_addr or ""):match("%S*$")
  local time = (ngx.var.upstream_connect_time or ""):match("%S*$")
  return address ~= "" and time ~= "-"
end

-- Chooses another backend after one has failed.
--
-- Only if that was never connected, so that it has seen nothing of the request: then any method is
-- safe, and the body is still there because nginx has read it as a whole. What happens later may have
-- had an effect, and connections to backends are never old, so nothing else is tried twice.
function _M.choose_another()
  if not was_connected() and aim() then
    return
  end
  local status = (ngx.var.upstream_status or ""):match("%d+$")
  return ngx.exec(status == "504" and "@504" or "@502")
end

return _M
