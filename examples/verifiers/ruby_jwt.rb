# ruby-jwt.
require "json"
require "jwt"
require "net/http"

issuer, algorithm, *tokens = ARGV
keys = nil
# The library calls this again for a `kid` that it does not know. Forget keys after 5 minutes, too.
find_keys = lambda do |options|
  keys = nil if options[:kid_not_found]
  keys ||= JSON.parse(Net::HTTP.get(URI("#{issuer}/.well-known/jwks.json")), symbolize_names: true)
end
rules = {
  algorithms: [algorithm], jwks: find_keys, required_claims: ["exp"],
  iss: issuer, verify_iss: true, aud: issuer, verify_aud: true
}

tokens.each do |token|
  claims, header = JWT.decode(token, nil, true, rules)
  raise JWT::DecodeError, "another kind of token" if header["typ"] != "at+jwt"
  puts "OK #{claims["sub"]}"
rescue JWT::DecodeError => error
  puts "refused #{error.class}: #{error.message}"
end
