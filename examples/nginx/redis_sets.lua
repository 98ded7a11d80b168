-- Reads several sets of a Redis at one moment, in one round trip, over connections that are kept, by
-- a deadline.
--
-- The few lines that take its answers apart save a package, and keep the deadline over all of them;
-- libraries have a timeout for each read.

local _M = {}

local POOL_SIZE = 64 -- connections that each worker keeps
local IDLE_MAX = 60 * 1000 -- how long, in ms
local LENGTH_MAX = 1024 * 1024 -- of a text in bytes, of a set in members

local Connection = {}
Connection.__index = Connection

-- Connects to the Redis of these options, or takes a connection that was kept.
local function connect(options, deadline)
  local self = setmetatable({ socket = ngx.socket.tcp(), deadline = deadline }, Connection)
  local pool = { pool_size = POOL_SIZE }
  pool.pool = table.concat({ options.address, options.database, options.password }, " ")
  self:hurry()
  local ok, err
  local host, port = options.address:match("^(.+):(%d+)$")
  if host then
    ok, err = self.socket:connect(host, tonumber(port), pool)
  else
    ok, err = self.socket:connect(options.address, pool)
  end
  self.is_kept = ok and self.socket:getreusedtimes() > 0
  return ok and self, err
end

-- Leaves the socket no more time than there is until the deadline; then just enough for what is
-- there already, in case it was nginx that was late.
function Connection:hurry()
  local left = math.max(1, (self.deadline - ngx.now()) * 1000)
  self.socket:settimeouts(left, left, left)
end

function Connection:receive(what)
  self:hurry()
  return self.socket:receive(what)
end

function Connection:receive_text(length)
  local bytes, err = self:receive(length + 2)
  return bytes and bytes:sub(1, -3), err
end

function Connection:receive_list(length)
  local list = {}
  for place = 1, length do
    local reply, err = self:receive_reply()
    if not reply then
      return nil, err
    end
    list[place] = reply
  end
  return list
end

-- A text (of a number, its digits), a list, or a table with an `error`; or nil, and why there is none.
function Connection:receive_reply()
  local line, err = self:receive("*l")
  if not line then
    return nil, err
  end
  local kind, rest = line:sub(1, 1), line:sub(2)
  if kind == "-" then
    return { error = rest }
  elseif kind == "+" or kind == ":" then
    return rest
  end
  local length = tonumber(rest:match("^%d+$"))
  if not length or length > LENGTH_MAX then
    return nil, "`" .. line .. "` instead of a set"
  elseif kind == "$" then
    return self:receive_text(length)
  elseif kind == "*" then
    return self:receive_list(length)
  end
  return nil, "`" .. line .. "` instead of a set"
end

local function command(...)
  local parts = { "*" .. select("#", ...) .. "\r\n" }
  for _, word in ipairs({ ... }) do
    parts[#parts + 1] = "$" .. #word .. "\r\n" .. word .. "\r\n"
  end
  return table.concat(parts)
end

-- What a new connection says first.
local function greeting(options)
  local commands = {}
  if options.password ~= "" then
    commands[#commands + 1] = command("AUTH", options.password)
  end
  if options.database ~= "0" then
    commands[#commands + 1] = command("SELECT", options.database)
  end
  return commands
end

-- The replies to the commands between MULTI and EXEC, so that what they find is from one moment.
function Connection:exchange(options, keys, flag)
  local commands = self.is_kept and {} or greeting(options)
  commands[#commands + 1] = command("MULTI")
  commands[#commands + 1] = command("EXISTS", flag)
  for _, key in ipairs(keys) do
    commands[#commands + 1] = command("SMEMBERS", key)
  end
  local promises = #commands
  commands[#commands + 1] = command("EXEC")
  local sent, err = self.socket:send(commands)
  if not sent then
    return nil, err
  end
  for _ = 1, promises do
    local reply, failed = self:receive_reply()
    if not reply or reply.error then
      return nil, failed or reply.error
    end
  end
  local replies, failed = self:receive_reply()
  if not replies or replies.error then
    return nil, failed or replies.error
  end
  return replies
end

-- What Redis has at this moment: `sets`, the members of the sets at these keys, as a list of lists
-- (for a key that cannot be read, a table with an `error` instead); and `has_flag`, whether there is
-- a key of this name. Or nil, and why Redis does not answer.
--
-- `options` have an `address`, a `database`, a `password` (may be empty), and a `timeout` in seconds.
function _M.find(options, keys, flag)
  local deadline = ngx.now() + options.timeout
  while true do
    local connection, err = connect(options, deadline)
    if not connection then
      return nil, err
    end
    local replies
    replies, err = connection:exchange(options, keys, flag)
    if replies then
      connection.socket:setkeepalive(IDLE_MAX, POOL_SIZE)
      return { has_flag = table.remove(replies, 1) == "1", sets = replies }
    end
    connection.socket:close()
    -- One that was kept may have ended with the Redis of before: the next one is newer.
    if not connection.is_kept or err == "timeout" then
      return nil, err
    end
  end
end

return _M
