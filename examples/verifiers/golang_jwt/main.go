// golang-jwt 4, with the keys read by hand: it has no key sets.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math/big"
	"net/http"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

type jwk struct{ Kid, Kty, Crv, X, Y string }

func number(text string) *big.Int {
	bytes, _ := base64.RawURLEncoding.DecodeString(text)
	return new(big.Int).SetBytes(bytes)
}

// fetchKeys reads the key set. Fetch it again after 5 minutes, or for a kid that is not in it.
func fetchKeys(issuer string) (map[string]*ecdsa.PublicKey, error) {
	response, err := http.Get(issuer + "/.well-known/jwks.json")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var set struct{ Keys []jwk }
	if err := json.NewDecoder(response.Body).Decode(&set); err != nil {
		return nil, err
	}
	keys := map[string]*ecdsa.PublicKey{}
	for _, key := range set.Keys {
		if key.Kty == "EC" && key.Crv == "P-256" {
			curve := elliptic.P256()
			keys[key.Kid] = &ecdsa.PublicKey{Curve: curve, X: number(key.X), Y: number(key.Y)}
		}
	}
	return keys, nil
}

func verify(token string, issuer string, keys map[string]*ecdsa.PublicKey) (string, error) {
	claims := jwt.RegisteredClaims{}
	findKey := func(unverified *jwt.Token) (interface{}, error) {
		kid, _ := unverified.Header["kid"].(string)
		if unverified.Header["typ"] != "at+jwt" || keys[kid] == nil {
			return nil, errors.New("another kind of token, or no such key")
		}
		return keys[kid], nil
	}
	// It has no leeway, so the times are judged below.
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithoutClaimsValidation())
	if _, err := parser.ParseWithClaims(token, &claims, findKey); err != nil {
		return "", err
	}
	if !claims.VerifyIssuer(issuer, true) || !claims.VerifyAudience(issuer, true) {
		return "", errors.New("another issuer or audience")
	}
	if !claims.VerifyExpiresAt(time.Now(), true) {
		return "", jwt.ErrTokenExpired
	}
	return claims.Subject, nil
}

func main() {
	issuer, tokens := os.Args[1], os.Args[3:]
	keys, err := fetchKeys(issuer)
	if err != nil {
		log.Fatal(err)
	}
	for _, token := range tokens {
		if sub, err := verify(token, issuer, keys); err == nil {
			fmt.Println("OK", sub)
		} else {
			fmt.Println("refused", err)
		}
	}
}
