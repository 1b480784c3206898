<?php
/**
 * Runs the plugin without WordPress: as much of WordPress as it calls, and a mailer that records.
 *
 * Reads one JSON request on standard input: {"constants": {...}, "env": {...}, "do": [[step, arguments...], ...],
 * "http": [[status, body], ...]}. Prints one JSON answer with what each step gave, the options, the requests made
 * and what was echoed.
 */

$request = json_decode( stream_get_contents( STDIN ), true );
$state   = array( 'options' => array(), 'transients' => array(), 'hooks' => array(), 'http' => $request['http'] ?? array(), 'asked' => array(), 'user' => true, 'nonce' => true );

class Halt extends Exception {}

class Refused {
	private $message;
	public function __construct( $message ) { $this->message = $message; }
	public function get_error_message() { return $this->message; }
}

class Mailer {
	public $From = '', $FromName = '', $Sender = '', $Mailer = 'mail', $Host, $Port, $SMTPAuth, $SMTPSecure, $Username, $Password, $Timeout;
	public $SMTPOptions = array(), $SMTPDebug = 0, $Debugoutput = 'echo', $headers = array(), $replies = array();
	public function isSMTP() { $this->Mailer = 'smtp'; }
	public function getReplyToAddresses() { return $this->replies; }
	public function addReplyTo( $address, $name = '' ) { $this->check( $address ); $this->replies[ $address ] = $name; }
	public function setFrom( $address, $name = '', $auto = true ) { $this->check( $address ); $this->From = $address; $this->FromName = $name; }
	public function getCustomHeaders() { return $this->headers; }
	public function clearCustomHeaders() { $this->headers = array(); }
	public function addCustomHeader( $name, $value = null ) {
		if ( strpbrk( $name . $value, "\r\n" ) !== false ) { throw new Exception( 'Invalid header' ); }
		$this->headers[] = array( $name, $value );
	}
	private function check( $address ) { if ( ! is_email( $address ) ) { throw new Exception( 'Invalid address' ); } }
}

function add_action( $hook, $function, $priority = 10 ) { $GLOBALS['state']['hooks'][ $hook ][] = array( $priority, $function ); }
function add_filter( $hook, $function, $priority = 10 ) { add_action( $hook, $function, $priority ); }
function do_action( $hook, ...$arguments ) { foreach ( $GLOBALS['state']['hooks'][ $hook ] ?? array() as $one ) { $one[1]( ...$arguments ); } }
function apply_filters( $hook, $value, ...$more ) {
	foreach ( $GLOBALS['state']['hooks'][ $hook ] ?? array() as $one ) { $value = $one[1]( $value, ...$more ); }
	return $value;
}
function is_email( $text ) { return false !== filter_var( $text, FILTER_VALIDATE_EMAIL ); }
function get_option( $name, $fallback = false ) { return $GLOBALS['state']['options'][ $name ] ?? $fallback; }
function update_option( $name, $value, $autoload = null ) { $GLOBALS['state']['options'][ $name ] = $value; }
function delete_option( $name ) { unset( $GLOBALS['state']['options'][ $name ] ); }
function get_transient( $name ) { return $GLOBALS['state']['transients'][ $name ] ?? false; }
function set_transient( $name, $value, $ttl ) { $GLOBALS['state']['transients'][ $name ] = $value; }
function delete_transient( $name ) { unset( $GLOBALS['state']['transients'][ $name ] ); }
function wp_salt( $scheme ) { return 'salt-of-this-site'; }
function wp_json_encode( $data ) { return json_encode( $data ); }
function wp_remote_request( $url, $arguments ) {
	$GLOBALS['state']['asked'][] = array( 'url' => $url ) + $arguments;
	return array_shift( $GLOBALS['state']['http'] );
}
function wp_remote_post( $url, $arguments ) { return wp_remote_request( $url, $arguments + array( 'method' => 'POST' ) ); }
function wp_remote_retrieve_response_code( $response ) { return $response[0] ?? ''; }
function wp_remote_retrieve_body( $response ) { return $response[1] ?? ''; }
function esc_html( $text ) { return htmlspecialchars( (string) $text, ENT_QUOTES ); }
function esc_attr( $text ) { return htmlspecialchars( (string) $text, ENT_QUOTES ); }
function esc_url( $text ) { return htmlspecialchars( (string) $text, ENT_QUOTES ); }
function admin_url( $path ) { return 'https://site.example/wp-admin/' . $path; }
function home_url() { return 'https://site.example'; }
function wp_parse_url( $url, $part ) { return parse_url( $url, $part ); }
function wp_date( $format, $time ) { return gmdate( $format, $time ); }
function current_user_can( $capability ) { return 'manage_options' === $capability && $GLOBALS['state']['user']; }
function wp_die( $text, $title = '', $arguments = array() ) { throw new Halt( 'wp_die ' . ( $arguments['response'] ?? '' ) ); }
function check_admin_referer( $action ) { if ( ! $GLOBALS['state']['nonce'] ) { throw new Halt( 'nonce' ); } }
function wp_nonce_field( $action ) { echo '<input type="hidden" name="_wpnonce" value="n">'; }
function wp_get_current_user() { return (object) array( 'user_email' => 'admin@site.example' ); }
function get_current_user_id() { return 7; }
function submit_button( $text ) { echo '<input type="submit" value="' . esc_attr( $text ) . '">'; }
function sanitize_email( $text ) { return trim( preg_replace( '/[^a-zA-Z0-9.@_+-]/', '', $text ) ); }
function wp_unslash( $text ) { return stripslashes( $text ); }
function wp_safe_redirect( $url ) { throw new Halt( 'redirect ' . $url ); }
function add_management_page( ...$arguments ) { $GLOBALS['state']['page'] = $arguments; }
function wp_mail( $to, $subject, $text ) { return send( array( 'from' => 'wordpress@site.example' ), $GLOBALS['request']['server'] ?? array() ); }

/** What wp_mail does with a mailer; $server are lines of the conversation, $thrown the exception's text. */
function send( $mail, $server = array(), $thrown = 'SMTP Error: Could not authenticate.' ) {
	static $mailer = null;
	$mailer           = $mailer ?? new Mailer(); // WordPress keeps one for the whole request, too.
	$mailer->From     = $mail['from'] ?? 'wordpress@site.example';
	$mailer->FromName = $mail['from_name'] ?? 'WordPress';
	$mailer->replies  = array_fill_keys( $mail['reply_to'] ?? array(), '' );
	$mailer->headers  = $mail['headers'] ?? array();
	do_action( 'phpmailer_init', $mailer );
	$GLOBALS['mailer'] = $mailer;
	$failed            = false;
	foreach ( $server as $line ) {
		if ( is_callable( $mailer->Debugoutput ) ) { call_user_func( $mailer->Debugoutput, $line, 2 ); }
		$failed = $failed || preg_match( '/^SERVER -> CLIENT: [45]/', $line );
	}
	do_action( $failed ? 'wp_mail_failed' : 'wp_mail_succeeded', $failed ? new Refused( $thrown ) : array() );
	return ! $failed;
}

define( 'ABSPATH', __DIR__ . '/' );
foreach ( $request['constants'] ?? array() as $name => $value ) { define( $name, $value ); }
foreach ( $request['env'] ?? array() as $name => $value ) { putenv( "$name=$value" ); }
foreach ( $request['plugins'] as $plugin ) { require $plugin; }
foreach ( $request['filters'] ?? array() as $hook => $value ) { add_filter( $hook, static function () use ( $value ) { return $value; } ); }
$state['options'] = $request['options'] ?? array();

$gave = array();
foreach ( $request['do'] as $step ) {
	$name = array_shift( $step );
	ob_start();
	try {
		switch ( $name ) {
			case 'send': $value = send( ...$step ); break;
			case 'mailer': $value = get_object_vars( $mailer ); unset( $value['Debugoutput'] ); break;
			case 'fail': do_action( 'wp_mail_failed', new Refused( $step[0] ) ); $value = null; break;
			case 'state': $state[ $step[0] ] = $step[1]; $value = null; break;
			case 'post': $_POST = $step[0]; do_action( 'admin_post_innkeeper_test_mail' ); $value = null; break;
			case 'action': do_action( $step[0] ); $value = null; break;
			case 'health': $value = Innkeeper\Mail\health_test(); break;
			case 'tests': $value = apply_filters( 'site_status_tests', array() ); break;
			default: $value = $name( ...$step );
		}
	} catch ( Halt $halt ) {
		$value = $halt->getMessage();
	}
	$gave[] = array( 'value' => $value, 'shown' => ob_get_clean() );
}
unset( $state['hooks'] );
echo json_encode( array( 'gave' => $gave, 'state' => $state ), JSON_THROW_ON_ERROR );
