module example.org/golang_jwt

go 1.18

require github.com/golang-jwt/jwt/v4 v4.4.3
