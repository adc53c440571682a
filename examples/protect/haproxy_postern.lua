-- Asks Postern about a request, with HAProxy's own HTTP client: /etc/haproxy/haproxy_postern.lua.

-- HAProxy 2.6 asks up to four times when no answer comes.
local asked_millis_max = 1000

-- Those of a connection, and of a body: Postern is asked without one.
local not_sent = {}
for _, name in ipairs {
  "connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding",
  "upgrade",
} do
  not_sent[name] = true
end

local identity = { "remote-user", "remote-groups", "remote-name", "remote-email", "x-postern-token" }
local passed_on = {
  "location", "set-cookie", "www-authenticate", "cache-control", "retry-after", "content-type",
  "content-security-policy", "x-content-type-options",
}

local function first(headers, name)
  local values = headers and headers[name]
  return values and values[0]
end

local function question(txn)
  local headers = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    if not not_sent[name] then
      local list = {}
      for _, value in pairs(values) do list[#list + 1] = value end
      headers[name] = list
    end
  end
  -- In the place of what the client sent. The other x-forwarded-… are set in haproxy.cfg.
  headers["x-forwarded-method"] = { txn.sf:method() }
  headers["x-forwarded-uri"] = { txn.sf:pathq() }
  return headers
end

-- Postern is down, or too slow. Nobody gets in.
local function down(txn)
  local reply = txn:reply { status = 503, reason = "Service Unavailable" }
  reply:add_header("cache-control", "no-store")
  reply:add_header("retry-after", "5")
  reply:add_header("content-type", "text/plain")
  reply:set_body("The login service does not answer. Try again soon.\n")
  txn:done(reply)
end

core.register_action("postern", { "http-req" }, function(txn, url)
  local client = core.httpclient()
  local answer = client:get { url = url, headers = question(txn), timeout = asked_millis_max }
  local status = answer and answer.status or 0
  if status == 200 then
    for _, name in ipairs(identity) do
      txn.http:req_set_header(name, first(answer.headers, name) or "")
    end
    txn:set_var("txn.postern", "allowed")
    return
  end
  if status < 300 or status >= 500 then return down(txn) end
  local reply = txn:reply { status = status }
  for _, name in ipairs(passed_on) do
    local value = first(answer.headers, name)
    if value then reply:add_header(name, value) end
  end
  reply:set_body(answer.body or "")
  txn:done(reply)
end, 1)
