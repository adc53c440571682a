<?php
// firebase/php-jwt: `composer require firebase/php-jwt` in this folder.
use Firebase\JWT\{JWK, JWT};

require_once __DIR__ . '/vendor/autoload.php';

[, $issuer, $algorithm] = $argv;
$keySet = json_decode(file_get_contents("$issuer/.well-known/jwks.json"), true);
$keys = JWK::parseKeySet($keySet, $algorithm);
JWT::$leeway = 10;

function verify(string $token, array $keys, string $issuer): stdClass
{
    $header = new stdClass();
    $claims = JWT::decode($token, $keys, $header);
    if ($header->typ !== 'at+jwt') throw new Exception('another kind of token');
    if ($claims->iss !== $issuer) throw new Exception('another issuer');
    if (!in_array($issuer, (array) $claims->aud, true)) throw new Exception('another audience');
    return $claims;
}

foreach (array_slice($argv, 3) as $token) {
    try {
        echo 'OK ', verify($token, $keys, $issuer)->sub, "\n";
    } catch (Exception $error) {
        echo 'refused ', get_class($error), ': ', $error->getMessage(), "\n";
    }
}
