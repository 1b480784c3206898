<?php
/**
 * Plugin Name: Innkeeper mail
 * Description: Sends this site's mail through its own authenticated Amazon SES account. Settings are constants in wp-config.php.
 * Version: 1.0.0
 * Requires PHP: 7.4
 * Requires at least: 5.9
 * License: MIT
 *
 * Copy this file into wp-content/mu-plugins. There is nothing to activate.
 *
 * Constants in wp-config.php:
 *   INNKEEPER_SMTP_HOST, _PORT, _USER, _PASSWORD     where and as whom to send
 *   INNKEEPER_SMTP_FROM, _FROM_NAME                  the sender of every mail
 *   INNKEEPER_SMTP_TENANT, _CONFIGURATION_SET        (optional) names this site at SES
 *   INNKEEPER_SECRET_ARN                             (optional) see innkeeper-secrets.php
 *   INNKEEPER_SMTP_CA_FILE                           (optional) certificates to trust, for a mail server of your own
 *
 * Bulk mail (newsletters): a mail is bulk if it carries the header
 *   X-Innkeeper-Unsubscribe: https://example.com/unsubscribe?who=...
 * or if the filter innkeeper_mail_unsubscribe_url returns such an address for it. The address must accept a POST
 * without a login and unsubscribe at once (RFC 8058). This plugin turns it into List-Unsubscribe headers; a mail
 * that has List-Unsubscribe already keeps its own.
 *
 * @package innkeeper
 */

namespace Innkeeper\Mail;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

const FAILURE       = 'innkeeper_mail_failure';  // Option: the last failure.
const SUCCESS       = 'innkeeper_mail_success';  // Option: when a mail last went out.
const TEST_RESULT   = 'innkeeper_mail_test_';    // Transient per user: what the test mail gave.
const PAGE          = 'innkeeper-mail';
const CAPABILITY    = 'manage_options';
const SMTP_TIMEOUT  = 20;
const WRAPPED_PORTS = array( 465, 2465 );

// ---------------------------------------------------------------------------------------------------------------
// Settings
// ---------------------------------------------------------------------------------------------------------------

/** The constant INNKEEPER_$name, or $fallback. */
function constant_of( string $name, string $fallback = '' ): string {
	$full = 'INNKEEPER_' . $name;
	return defined( $full ) ? trim( (string) constant( $full ) ) : $fallback;
}

/** Whether this site has been given any settings at all. */
function is_configured(): bool {
	return '' !== constant_of( 'SMTP_HOST' ) || '' !== constant_of( 'SECRET_ARN' );
}

/** Everything needed to send. The password must never be printed, logged or stored in clear. */
function settings(): array {
	$secret = (array) apply_filters( 'innkeeper_mail_secret', array() );
	return array(
		'host'      => constant_of( 'SMTP_HOST', $secret['host'] ?? '' ),
		'port'      => (int) constant_of( 'SMTP_PORT', (string) ( $secret['port'] ?? '587' ) ),
		'user'      => $secret['username'] ?? constant_of( 'SMTP_USER' ),
		'password'  => $secret['password'] ?? constant_of( 'SMTP_PASSWORD' ),
		'from'      => constant_of( 'SMTP_FROM', $secret['from'] ?? '' ),
		'from_name' => constant_of( 'SMTP_FROM_NAME' ),
		'tenant'    => constant_of( 'SMTP_TENANT' ),
		'set'       => constant_of( 'SMTP_CONFIGURATION_SET' ),
	);
}

/** The settings that are missing, by the name of their constant. */
function missing_settings(): array {
	$settings = settings();
	$needed   = array(
		'host'     => 'INNKEEPER_SMTP_HOST',
		'user'     => 'INNKEEPER_SMTP_USER',
		'password' => 'INNKEEPER_SMTP_PASSWORD',
		'from'     => 'INNKEEPER_SMTP_FROM',
	);
	$missing  = array();
	foreach ( $needed as $key => $constant ) {
		if ( '' === $settings[ $key ] ) {
			$missing[] = $constant;
		}
	}
	return $missing;
}

// ---------------------------------------------------------------------------------------------------------------
// Sending
// ---------------------------------------------------------------------------------------------------------------

/** Point PHPMailer at SES. Runs last, so that no other plugin sends past it. */
function configure( $mailer ): void {
	if ( ! is_configured() ) {
		return;
	}
	$settings           = settings();
	$mailer->isSMTP();
	$mailer->Host       = $settings['host'];
	$mailer->Port       = $settings['port'];
	$mailer->SMTPAuth   = true;
	$mailer->SMTPSecure = in_array( $settings['port'], WRAPPED_PORTS, true ) ? 'ssl' : 'tls';
	$mailer->Username   = $settings['user'];
	$mailer->Password   = $settings['password'];
	$mailer->Timeout    = SMTP_TIMEOUT;
	if ( '' !== constant_of( 'SMTP_CA_FILE' ) ) {
		$mailer->SMTPOptions = array( 'ssl' => array( 'cafile' => constant_of( 'SMTP_CA_FILE' ) ) );
	}
	force_sender( $mailer, $settings['from'], $settings['from_name'] );
	name_this_site( $mailer, $settings['tenant'], $settings['set'] );
	add_unsubscribe( $mailer );
	listen_to_server( $mailer );
}

/**
 * Set From and the envelope sender. SES accepts nothing else from this site.
 *
 * Contact forms like to put the visitor's address into From. So that answers still reach the visitor, that address
 * moves to Reply-To, unless the form has set one.
 */
function force_sender( $mailer, string $from, string $name ): void {
	if ( '' === $from ) {
		return;
	}
	$wanted      = (string) $mailer->From;
	$wanted_name = (string) $mailer->FromName;
	try {
		if ( is_visitor( $wanted, $from ) && ! $mailer->getReplyToAddresses() ) {
			$mailer->addReplyTo( $wanted, 'WordPress' === $wanted_name ? '' : $wanted_name );
		}
		$mailer->setFrom( $from, '' === $name ? $wanted_name : $name, false );
	} catch ( \Exception $error ) {
		unset( $error ); // An address that PHPMailer dislikes: the server will refuse it, with a reason to show.
	}
	$mailer->Sender = $from;
}

/** Whether an address in From is somebody else's: neither ours nor the one that WordPress makes up. */
function is_visitor( string $address, string $from ): bool {
	if ( ! is_email( $address ) || 0 === strcasecmp( $address, $from ) ) {
		return false;
	}
	return 0 !== stripos( $address, 'wordpress@' );
}

/** Say at SES who sends. Other plugins cannot name another tenant or configuration set. */
function name_this_site( $mailer, string $tenant, string $set ): void {
	$kept = array();
	foreach ( $mailer->getCustomHeaders() as $header ) {
		if ( ! in_array( strtolower( trim( $header[0] ) ), array( 'x-ses-tenant', 'x-ses-configuration-set' ), true ) ) {
			$kept[] = $header;
		}
	}
	replace_headers( $mailer, $kept );
	if ( '' !== $tenant ) {
		$mailer->addCustomHeader( 'X-SES-TENANT', one_line( $tenant ) );
	}
	if ( '' !== $set ) {
		$mailer->addCustomHeader( 'X-SES-CONFIGURATION-SET', one_line( $set ) );
	}
}

/** Give bulk mail the one-click unsubscribe headers that Gmail and Yahoo ask for. */
function add_unsubscribe( $mailer ): void {
	$url  = '';
	$own  = false;
	$kept = array();
	foreach ( $mailer->getCustomHeaders() as $header ) {
		$name = strtolower( trim( $header[0] ) );
		if ( 'x-innkeeper-unsubscribe' === $name ) {
			$url = trim( $header[1] );
			continue;
		}
		$own    = $own || 'list-unsubscribe' === $name;
		$kept[] = $header;
	}
	replace_headers( $mailer, $kept );
	$url = (string) apply_filters( 'innkeeper_mail_unsubscribe_url', $url, $mailer );
	if ( $own || ! preg_match( '~^https://[^\s<>"]+$~i', $url ) ) {
		return;
	}
	$mailer->addCustomHeader( 'List-Unsubscribe', '<' . $url . '>' );
	$mailer->addCustomHeader( 'List-Unsubscribe-Post', 'List-Unsubscribe=One-Click' );
}

/** PHPMailer can only forget all custom headers at once. */
function replace_headers( $mailer, array $headers ): void {
	$mailer->clearCustomHeaders();
	foreach ( $headers as $header ) {
		$mailer->addCustomHeader( $header[0], $header[1] );
	}
}

/** A header's value without line breaks or other control characters. */
function one_line( string $text ): string {
	return trim( (string) preg_replace( '/[\x00-\x1F\x7F]+/', ' ', $text ) );
}

/**
 * Note what the server answers, because PHPMailer itself often says no more than "could not authenticate".
 *
 * Only lines of the server are kept: the client's hold the password.
 */
function listen_to_server( $mailer ): void {
	remember_reply( '' );
	if ( ! empty( $mailer->SMTPDebug ) ) {
		return; // Somebody is looking at the conversation already.
	}
	$mailer->SMTPDebug   = 2;
	$mailer->Debugoutput = static function ( $line ) {
		if ( preg_match( '/^SERVER -> CLIENT:\s*([45]\d\d[ -].*)$/s', (string) $line, $found ) ) {
			remember_reply( one_line( $found[1] ) );
		}
	};
}

/** Keep the server's last refusal of this request; without an argument, return it. */
function remember_reply( ?string $reply = null ): string {
	static $last = '';
	if ( null !== $reply ) {
		$last = substr( $reply, 0, 500 );
	}
	return $last;
}

// ---------------------------------------------------------------------------------------------------------------
// What became of it
// ---------------------------------------------------------------------------------------------------------------

/** Remember a failure, so that an administrator sees it. */
function note_failure( $error ): void {
	if ( ! is_configured() ) {
		return;
	}
	$reply = remember_reply();
	$text  = '' !== $reply ? $reply : one_line( (string) $error->get_error_message() );
	update_option( FAILURE, array( 'at' => time(), 'text' => substr( $text, 0, 500 ) ), false );
	if ( 0 === strpos( $text, '535' ) ) {
		do_action( 'innkeeper_mail_refused' ); // The password may have been rotated.
	}
}

/** Remember that a mail went out; once a minute is enough. */
function note_success(): void {
	if ( ! is_configured() ) {
		return;
	}
	if ( last_failure() ) {
		delete_option( FAILURE );
	}
	if ( (int) get_option( SUCCESS, 0 ) < time() - 60 ) {
		update_option( SUCCESS, time(), false );
	}
}

/** The last failure if no mail has gone out since, else null. */
function last_failure(): ?array {
	$failure = get_option( FAILURE );
	return is_array( $failure ) && isset( $failure['at'], $failure['text'] ) ? $failure : null;
}

/** What a server's answer means, and what to do. */
function explain( string $text ): string {
	$reasons = array(
		'/^535|could not authenticate/i'              => 'The password was not accepted. Either it has been changed, or sending from this site has been suspended. Ask the operator; if there is a new password, put it into wp-config.php.',
		'/access denied|not authorized/i'             => 'Sending was refused. Either sending from this site has been suspended, or one of the recipients is blocked. Ask the operator, and look into the last notice they sent.',
		'/paused|suspended|disabled/i'                => 'Sending from this site has been suspended. Ask the operator, and look into the last notice they sent.',
		'/not verified/i'                             => 'The sender\'s domain is not verified yet. The DNS records may be missing or too new. Ask the operator.',
		'/^454.*(quota|rate)|throttl/i'               => 'Too many mails in a short time. Try again later; if it happens often, tell the operator.',
		'/^552|too long|too large/i'                  => 'The message is too large. Send a link instead of the file.',
		'/^(501|553)|invalid address|address unknown/i' => 'An address is not valid. Check the recipients.',
		'/^554/'                                      => 'The mail was refused. Ask the operator what the answer below means.',
		'/^4\d\d/'                                    => 'The mail server has a passing problem. Try again in a few minutes.',
		'/connect|timed out|timeout/i'                => 'The mail server could not be reached. Your host may block outgoing connections: ask them to open port 587, or try port 465 or 2587.',
	);
	foreach ( $reasons as $pattern => $reason ) {
		if ( preg_match( $pattern, $text ) ) {
			return $reason;
		}
	}
	return 'The mail could not be sent. Ask the operator what the answer below means.';
}

// ---------------------------------------------------------------------------------------------------------------
// Pages for administrators
// ---------------------------------------------------------------------------------------------------------------

/** Tools, Innkeeper mail. */
function add_page(): void {
	add_management_page( 'Innkeeper mail', 'Innkeeper mail', CAPABILITY, PAGE, __NAMESPACE__ . '\\show_page' );
}

/** The page: settings, state, and a form for a test mail. */
function show_page(): void {
	if ( ! current_user_can( CAPABILITY ) ) {
		wp_die( esc_html( 'You may not see this page.' ), '', array( 'response' => 403 ) );
	}
	$settings = settings();
	$failure  = last_failure();
	$success  = (int) get_option( SUCCESS, 0 );
	echo '<div class="wrap"><h1>' . esc_html( 'Innkeeper mail' ) . '</h1>';
	show_test_result();
	if ( missing_settings() ) {
		show_notice( 'error', 'Not set up yet. Missing in wp-config.php: ' . implode( ', ', missing_settings() ), '' );
	}
	if ( $failure ) {
		show_failure( $failure['text'] );
	}
	$rows = array(
		'Mail server'      => $settings['host'] . ':' . $settings['port'],
		'User name'        => $settings['user'],
		'Password'         => '' === $settings['password'] ? 'missing' : 'set',
		'Read from'        => apply_filters( 'innkeeper_mail_settings_source', 'wp-config.php' ),
		'Sender'           => trim( $settings['from_name'] . ' <' . $settings['from'] . '>' ),
		'Tenant'           => $settings['tenant'],
		'Last mail sent'   => $success ? wp_date( 'Y-m-d H:i', $success ) : 'none yet',
	);
	echo '<table class="widefat striped" style="max-width:48em"><tbody>';
	foreach ( $rows as $name => $value ) {
		echo '<tr><th scope="row">' . esc_html( $name ) . '</th><td>' . esc_html( $value ) . '</td></tr>';
	}
	echo '</tbody></table><h2>' . esc_html( 'Send a test mail' ) . '</h2>';
	echo '<form method="post" action="' . esc_url( admin_url( 'admin-post.php' ) ) . '">';
	echo '<input type="hidden" name="action" value="innkeeper_test_mail">';
	wp_nonce_field( 'innkeeper_test_mail' );
	echo '<p><label for="innkeeper-to">' . esc_html( 'To' ) . '</label> ';
	echo '<input type="email" class="regular-text" id="innkeeper-to" name="to" required value="' . esc_attr( wp_get_current_user()->user_email ) . '"></p>';
	submit_button( 'Send test mail' );
	echo '</form></div>';
}

/** Handle the form: send one mail, keep the outcome for the page, go back there. */
function send_test_mail(): void {
	if ( ! current_user_can( CAPABILITY ) ) {
		wp_die( esc_html( 'You may not do this.' ), '', array( 'response' => 403 ) );
	}
	check_admin_referer( 'innkeeper_test_mail' );
	$to = isset( $_POST['to'] ) ? sanitize_email( wp_unslash( $_POST['to'] ) ) : '';
	if ( ! is_email( $to ) ) {
		$result = array( 'ok' => false, 'text' => '553 not a valid address' );
	} elseif ( ! is_configured() || missing_settings() ) {
		$result = array( 'ok' => false, 'text' => 'Not sent, missing in wp-config.php: ' . implode( ', ', missing_settings() ) );
	} else {
		$sent    = wp_mail( $to, 'Test mail from ' . wp_parse_url( home_url(), PHP_URL_HOST ), "This is a test. Mail from your site works.\n" );
		$failure = last_failure();
		$result  = array( 'ok' => $sent, 'text' => $sent ? $to : ( $failure['text'] ?? '' ) );
	}
	set_transient( TEST_RESULT . get_current_user_id(), $result, 300 );
	wp_safe_redirect( admin_url( 'tools.php?page=' . PAGE ) );
	exit;
}

/** What the last test mail gave, once. */
function show_test_result(): void {
	$key    = TEST_RESULT . get_current_user_id();
	$result = get_transient( $key );
	if ( ! is_array( $result ) ) {
		return;
	}
	delete_transient( $key );
	if ( $result['ok'] ) {
		show_notice( 'success', 'The test mail to ' . $result['text'] . ' was accepted. Look into that mailbox, also under spam.', '' );
	} elseif ( 0 === strpos( $result['text'], 'Not sent' ) ) {
		show_notice( 'error', $result['text'], '' );
	} elseif ( ! last_failure() ) {
		show_failure( $result['text'] ); // Else the page shows it anyway.
	}
}

/** A failure in plain words, with the server's own. */
function show_failure( string $text ): void {
	show_notice( 'error', explain( $text ), $text );
}

/** One box on an administrator's page. */
function show_notice( string $kind, string $text, string $answer ): void {
	echo '<div class="notice notice-' . esc_attr( $kind ) . '"><p>' . esc_html( $text ) . '</p>';
	if ( '' !== $answer ) {
		echo '<p>' . esc_html( 'The mail server answered:' ) . ' <code>' . esc_html( $answer ) . '</code></p>';
	}
	echo '</div>';
}

/** Tell administrators on every page that mail does not go out. */
function warn_administrators(): void {
	$failure = is_configured() ? last_failure() : null;
	if ( ! $failure || ! current_user_can( CAPABILITY ) || PAGE === ( $_GET['page'] ?? '' ) ) { // phpcs:ignore WordPress.Security.NonceVerification
		return;
	}
	echo '<div class="notice notice-error"><p><strong>' . esc_html( 'Mail from this site could not be sent.' ) . '</strong> ' . esc_html( explain( $failure['text'] ) );
	echo ' <a href="' . esc_url( admin_url( 'tools.php?page=' . PAGE ) ) . '">' . esc_html( 'Details' ) . '</a></p></div>';
}

/** Tools, Site Health: add our test. */
function add_health_test( array $tests ): array {
	$tests['direct']['innkeeper_mail'] = array(
		'label' => 'Mail',
		'test'  => __NAMESPACE__ . '\\health_test',
	);
	return $tests;
}

/** The test: settings complete, and the last mail went out. */
function health_test(): array {
	$missing = missing_settings();
	$failure = last_failure();
	if ( $missing ) {
		$status = 'critical';
		$label  = 'Mail is not set up';
		$text   = 'Missing in wp-config.php: ' . implode( ', ', $missing );
	} elseif ( $failure ) {
		$status = 'critical';
		$label  = 'Mail could not be sent';
		$text   = explain( $failure['text'] );
	} else {
		$status = 'good';
		$label  = 'Mail is sent through this site\'s own account';
		$text   = 'No mail has failed since the last success.';
	}
	return array(
		'label'       => $label,
		'status'      => $status,
		'badge'       => array( 'label' => 'Mail', 'color' => 'good' === $status ? 'green' : 'red' ),
		'description' => '<p>' . esc_html( $text ) . '</p>',
		'actions'     => '<p><a href="' . esc_url( admin_url( 'tools.php?page=' . PAGE ) ) . '">' . esc_html( 'Send a test mail' ) . '</a></p>',
		'test'        => 'innkeeper_mail',
	);
}

// ---------------------------------------------------------------------------------------------------------------

add_action( 'phpmailer_init', __NAMESPACE__ . '\\configure', PHP_INT_MAX );
add_action( 'wp_mail_failed', __NAMESPACE__ . '\\note_failure' );
add_action( 'wp_mail_succeeded', __NAMESPACE__ . '\\note_success' );
add_action( 'admin_menu', __NAMESPACE__ . '\\add_page' );
add_action( 'admin_post_innkeeper_test_mail', __NAMESPACE__ . '\\send_test_mail' );
add_action( 'admin_notices', __NAMESPACE__ . '\\warn_administrators' );
add_filter( 'site_status_tests', __NAMESPACE__ . '\\add_health_test' );
