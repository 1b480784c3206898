<?php
/**
 * Plugin Name: Innkeeper mail: password from AWS Secrets Manager
 * Description: Optional part of Innkeeper mail. Reads the SMTP user name and password from AWS, so that a rotated password needs no paste.
 * Version: 1.0.0
 * Requires PHP: 7.4
 * Requires at least: 5.9
 * License: MIT
 *
 * Copy this file beside innkeeper-mail.php, only if the web server runs on AWS with a role (or has credentials in
 * its environment) that may read the secret:
 *   define( 'INNKEEPER_SECRET_ARN', 'arn:aws:secretsmanager:...' );   in wp-config.php
 *
 * The secret is kept for ten minutes, encrypted with the site's own salts, and never logged. If the mail server
 * refuses the password, it is read anew for the next mail. If it cannot be read, the constants in wp-config.php count.
 *
 * @package innkeeper
 */

namespace Innkeeper\Secrets;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

const CACHE = 'innkeeper_mail_secret'; // Transient: the encrypted secret, or a note that reading it failed.
const TTL   = 600;
const RETRY = 60;

/** The constant INNKEEPER_$name, or $fallback. */
function constant_of( string $name, string $fallback = '' ): string {
	$full = 'INNKEEPER_' . $name;
	return defined( $full ) ? trim( (string) constant( $full ) ) : $fallback;
}

/** The content of the secret, from the cache or from AWS; $fallback if it cannot be had. Never logged. */
function current_secret( array $fallback ): array {
	$arn = constant_of( 'SECRET_ARN' );
	if ( '' === $arn ) {
		return $fallback;
	}
	$cached = get_transient( CACHE );
	if ( is_string( $cached ) && '' !== $cached ) {
		$opened = open_box( $cached );
		if ( $opened ) {
			return $opened;
		}
	}
	if ( is_array( $cached ) ) {
		return $fallback; // A failure of a moment ago: do not ask again with every mail.
	}
	$secret = fetch_secret( $arn );
	if ( $secret ) {
		set_transient( CACHE, seal_box( $secret ), TTL );
		return $secret;
	}
	set_transient( CACHE, array( 'failed' => time() ), RETRY );
	return $fallback;
}

/** Where the settings come from, for the page under Tools. */
function source( string $fallback ): string {
	if ( '' === constant_of( 'SECRET_ARN' ) ) {
		return $fallback;
	}
	if ( is_array( get_transient( CACHE ) ) ) {
		return $fallback . '; AWS Secrets Manager could not be read (does this host have a role that may?)';
	}
	return 'AWS Secrets Manager';
}

/** Forget the secret: the mail server refused it. */
function forget(): void {
	delete_transient( CACHE );
}

/** Encrypt with the site's own salts, so that a copy of the database holds no password. */
function seal_box( array $secret ): string {
	$nonce = random_bytes( SODIUM_CRYPTO_SECRETBOX_NONCEBYTES );
	return base64_encode( $nonce . sodium_crypto_secretbox( (string) wp_json_encode( $secret ), $nonce, box_key() ) );
}

/** The reverse of seal_box; null if it was sealed by another site or has been changed. */
function open_box( string $sealed ): ?array {
	$raw = base64_decode( $sealed, true );
	if ( false === $raw || strlen( $raw ) <= SODIUM_CRYPTO_SECRETBOX_NONCEBYTES ) {
		return null;
	}
	$nonce = substr( $raw, 0, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES );
	$plain = sodium_crypto_secretbox_open( substr( $raw, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES ), $nonce, box_key() );
	$data  = false === $plain ? null : json_decode( $plain, true );
	return is_array( $data ) ? $data : null;
}

/** The key of seal_box. */
function box_key(): string {
	return hash( 'sha256', 'innkeeper-mail' . wp_salt( 'auth' ), true );
}

/** Ask Secrets Manager; null on any failure. */
function fetch_secret( string $arn ): ?array {
	$parts       = explode( ':', $arn );
	$credentials = aws_credentials();
	if ( count( $parts ) < 7 || ! preg_match( '/^[a-z0-9-]+$/', $parts[3] ) || ! $credentials ) {
		return null;
	}
	$host     = 'secretsmanager.' . $parts[3] . ( 'aws-cn' === $parts[1] ? '.amazonaws.com.cn' : '.amazonaws.com' );
	$body     = (string) wp_json_encode( array( 'SecretId' => $arn ) );
	$headers  = sign( $host, $parts[3], 'secretsmanager', 'secretsmanager.GetSecretValue', $body, $credentials, time() );
	$endpoint = constant_of( 'SECRETS_ENDPOINT', 'https://' . $host );
	$response = wp_remote_post( $endpoint . '/', array( 'headers' => $headers, 'body' => $body, 'timeout' => 5 ) );
	if ( 200 !== (int) wp_remote_retrieve_response_code( $response ) ) {
		return null;
	}
	$answer = json_decode( wp_remote_retrieve_body( $response ), true );
	$secret = json_decode( $answer['SecretString'] ?? '', true );
	return is_array( $secret ) && isset( $secret['username'], $secret['password'] ) ? $secret : null;
}

/** Signature Version 4 headers for a POST of JSON to "/". */
function sign( string $host, string $region, string $service, string $target, string $body, array $credentials, int $now ): array {
	$stamp   = gmdate( 'Ymd\THis\Z', $now );
	$scope   = implode( '/', array( substr( $stamp, 0, 8 ), $region, $service, 'aws4_request' ) );
	$headers = array(
		'content-type' => 'application/x-amz-json-1.1',
		'host'         => $host,
		'x-amz-date'   => $stamp,
	);
	if ( '' !== $credentials['token'] ) {
		$headers['x-amz-security-token'] = $credentials['token'];
	}
	$headers['x-amz-target'] = $target;
	$names                   = implode( ';', array_keys( $headers ) );
	$lines                   = '';
	foreach ( $headers as $name => $value ) {
		$lines .= $name . ':' . $value . "\n";
	}
	$request = implode( "\n", array( 'POST', '/', '', $lines, $names, hash( 'sha256', $body ) ) );
	$text    = implode( "\n", array( 'AWS4-HMAC-SHA256', $stamp, $scope, hash( 'sha256', $request ) ) );
	$key     = 'AWS4' . $credentials['secret'];
	foreach ( explode( '/', $scope ) as $step ) {
		$key = hash_hmac( 'sha256', $step, $key, true );
	}
	$headers['authorization'] = 'AWS4-HMAC-SHA256 Credential=' . $credentials['id'] . '/' . $scope . ', SignedHeaders=' . $names . ', Signature=' . hash_hmac( 'sha256', $text, $key );
	return $headers;
}

/** Credentials of the host: from its environment, else of its role (instance metadata, version 2); null if none. */
function aws_credentials(): ?array {
	$id     = (string) getenv( 'AWS_ACCESS_KEY_ID' );
	$secret = (string) getenv( 'AWS_SECRET_ACCESS_KEY' );
	if ( '' !== $id && '' !== $secret ) {
		return array( 'id' => $id, 'secret' => $secret, 'token' => (string) getenv( 'AWS_SESSION_TOKEN' ) );
	}
	return instance_credentials( constant_of( 'METADATA_ENDPOINT', 'http://169.254.169.254' ) );
}

/** Credentials of an EC2 instance's role; null if this is no such instance. */
function instance_credentials( string $endpoint ): ?array {
	$token = metadata( $endpoint . '/latest/api/token', 'PUT', array( 'X-aws-ec2-metadata-token-ttl-seconds' => '60' ) );
	if ( null === $token ) {
		return null;
	}
	$headers = array( 'X-aws-ec2-metadata-token' => $token );
	$base    = $endpoint . '/latest/meta-data/iam/security-credentials/';
	$role    = metadata( $base, 'GET', $headers );
	if ( null === $role || '' === trim( $role ) ) {
		return null;
	}
	$answer = json_decode( (string) metadata( $base . rawurlencode( trim( strtok( $role, "\n" ) ) ), 'GET', $headers ), true );
	if ( ! isset( $answer['AccessKeyId'], $answer['SecretAccessKey'], $answer['Token'] ) ) {
		return null;
	}
	return array( 'id' => $answer['AccessKeyId'], 'secret' => $answer['SecretAccessKey'], 'token' => $answer['Token'] );
}

/** One question to the instance metadata service; null if it gives no answer. */
function metadata( string $url, string $method, array $headers ): ?string {
	$response = wp_remote_request( $url, array( 'method' => $method, 'headers' => $headers, 'timeout' => 1, 'redirection' => 0 ) );
	return 200 === (int) wp_remote_retrieve_response_code( $response ) ? wp_remote_retrieve_body( $response ) : null;
}

add_filter( 'innkeeper_mail_secret', __NAMESPACE__ . '\\current_secret' );
add_filter( 'innkeeper_mail_settings_source', __NAMESPACE__ . '\\source' );
add_action( 'innkeeper_mail_refused', __NAMESPACE__ . '\\forget' );
