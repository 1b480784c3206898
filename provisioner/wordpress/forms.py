"""SMTP credentials in the form that each program reads, every value escaped for that program's syntax.

The password is shown only where the caller says so (``reveal``); otherwise dots stand in its place, so that a
screen, a log or a file written by mistake holds no secret.
"""

import json
import shlex
from collections.abc import Callable

import msgspec

from provisioner.errors import InnkeeperError

HIDDEN = "••••"
_WRAPPED = (465, 2465)  # TLS from the first byte; every other port of SES starts in clear and upgrades
_WORDS = ("host", "username", "password", "from_address")  # what files without quoting must hold as it is
_PLUGIN_CONSTANTS = (
    ("HOST", "host"),
    ("PORT", "port"),
    ("USER", "username"),
    ("PASSWORD", "password"),
)


class SmtpCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a site needs to send. ``repr`` hides the password."""

    host: str
    port: int
    username: str
    password: str
    from_address: str
    from_name: str
    tenant: str = ""  # name of the SES tenant; empty: none
    configuration_set: str = ""

    def __repr__(self) -> str:
        return (
            f"SmtpCredentials(host={self.host!r}, port={self.port!r}, username={self.username!r}, password=…, "
            f"from_address={self.from_address!r}, tenant={self.tenant!r})"
        )


def render_credentials(values: SmtpCredentials, form: str, *, reveal: bool) -> str:
    """Write the credentials in one of ``FORMS``. Raises InnkeeperError for a form or a value that cannot be."""
    writer = _WRITERS.get(form)
    if writer is None:
        raise InnkeeperError(f"there is no form {form!r}", hint=f"known: {', '.join(FORMS)}")
    for name in values.__struct_fields__:
        _refuse_controls(name, str(getattr(values, name)))
    shown = values if reveal else msgspec.structs.replace(values, password=HIDDEN)
    return writer(shown)


def php(value: str) -> str:
    """Quote for PHP: in single quotes only backslash and quote mean something."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _refuse_controls(name: str, value: str) -> None:
    """Refuse what would end a line of a settings file, or vanish in it. The value itself is not repeated."""
    if any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or 0xD800 <= ord(char) < 0xE000 for char in value):  # noqa: PLR2004
        raise InnkeeperError(f"{name} holds a control character", hint="correct it in the tenant's file, then apply")
    if "\u2028" in value or "\u2029" in value:
        raise InnkeeperError(f"{name} holds a line separator", hint="correct it in the tenant's file, then apply")


def _wrapped(values: SmtpCredentials) -> bool:
    return values.port in _WRAPPED


def _define(name: str, value: str | int | bool) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else php(value)
    return f"define( '{name}', {text} );"


def _constants(values: SmtpCredentials) -> tuple[tuple[str, str | int], ...]:
    """The constants of our own plugin, in the order in which a person reads them."""
    smtp = tuple((f"INNKEEPER_SMTP_{name}", getattr(values, field)) for name, field in _PLUGIN_CONSTANTS)
    rest = (("INNKEEPER_SMTP_FROM", values.from_address), ("INNKEEPER_SMTP_FROM_NAME", values.from_name))
    optional = (
        ("INNKEEPER_SMTP_TENANT", values.tenant),
        ("INNKEEPER_SMTP_CONFIGURATION_SET", values.configuration_set),
    )
    return (*smtp, *rest, *((name, value) for name, value in optional if value))


def _wp_config(values: SmtpCredentials) -> str:
    lines = "\n".join(_define(name, value) for name, value in _constants(values))
    return f"/* Mail of this site. Above the line that says to stop editing. */\n{lines}\n"


def _wp_mail_smtp(values: SmtpCredentials) -> str:
    pairs: tuple[tuple[str, str | int | bool], ...] = (
        ("WPMS_ON", True),
        ("WPMS_MAILER", "smtp"),
        ("WPMS_SMTP_HOST", values.host),
        ("WPMS_SMTP_PORT", values.port),
        ("WPMS_SSL", "ssl" if _wrapped(values) else "tls"),
        ("WPMS_SMTP_AUTH", True),
        ("WPMS_SMTP_USER", values.username),
        ("WPMS_SMTP_PASS", values.password),
        ("WPMS_MAIL_FROM", values.from_address),
        ("WPMS_MAIL_FROM_FORCE", True),
        ("WPMS_MAIL_FROM_NAME", values.from_name),
        ("WPMS_MAIL_FROM_NAME_FORCE", True),
        ("WPMS_SET_RETURN_PATH", True),
    )
    lines = "\n".join(_define(name, value) for name, value in pairs)
    return f"/* WP Mail SMTP, mailer “Other SMTP”. */\n{lines}\n"


def _fluentsmtp(values: SmtpCredentials) -> str:
    """FluentSMTP reads only name and password from wp-config.php; the rest is typed into its form."""
    typed = (
        f"From Email: {values.from_address} (switch on “Force From Email”)",
        f"From Name: {values.from_name}",
        f"SMTP Host: {values.host}",
        f"SMTP Port: {values.port}",
        f"Encryption: {'SSL' if _wrapped(values) else 'TLS'}",
        "Authentication: on, and “Store Access Keys in Config File”",
    )
    comment = "\n".join(f" * {line.replace('*/', '* /')}" for line in typed)
    defines = "\n".join((
        _define("FLUENTMAIL_SMTP_USERNAME", values.username),
        _define("FLUENTMAIL_SMTP_PASSWORD", values.password),
    ))  # fmt: skip
    return f"/*\n * FluentSMTP, connection “Other SMTP”. Type into its form:\n{comment}\n */\n{defines}\n"


def _wp_cli(values: SmtpCredentials) -> str:
    """Commands for WP-CLI. The password is asked for, so that no process list and no history holds it."""
    lines = []
    for name, value in _constants(values):
        if name == "INNKEEPER_SMTP_PASSWORD":
            lines.append(f"wp config set {name} --prompt=value  # asks; paste: {values.password}")
        elif isinstance(value, int):
            lines.append(f"wp config set {name} {value} --raw")
        elif value.startswith("--"):  # WP-CLI would take it for an option of its own
            lines.append(f"wp config set {name} --prompt=value  # asks; type: {value}")
        else:
            lines.append(f"wp config set {name} {shlex.quote(value)}")
    return "\n".join(lines) + "\n"


def _plain_words(values: SmtpCredentials, program: str, *names: str) -> None:
    """Refuse values that a program has no way to quote."""
    for name in names:
        value = str(getattr(values, name))
        if not value or any(char in " \"'#\\" for char in value):
            raise InnkeeperError(
                f"{program} has no safe way to write this {name}", hint="use another form, or correct the value"
            )


def _msmtp(values: SmtpCredentials) -> str:
    _plain_words(values, "msmtp", *_WORDS)
    return (
        "# msmtp: ~/.msmtprc or /etc/msmtprc, readable by its owner only (chmod 600)\n"
        "defaults\n"
        "auth on\n"
        "tls on\n"
        f"tls_starttls {'off' if _wrapped(values) else 'on'}\n"
        "tls_trust_file system\n"
        "\n"
        "account innkeeper\n"
        f"host {values.host}\n"
        f"port {values.port}\n"
        f"from {values.from_address}\n"
        f"user {values.username}\n"
        f"password {values.password}\n"
        "\n"
        "account default : innkeeper\n"
    )


def _postfix(values: SmtpCredentials) -> str:
    _plain_words(values, "Postfix", *_WORDS)
    wrapped = "smtp_tls_wrappermode = yes\n" if _wrapped(values) else ""
    headers = ""
    if values.tenant:
        headers = (
            "smtp_header_checks = regexp:/etc/postfix/innkeeper_headers\n\n"
            "# /etc/postfix/innkeeper_headers\n"
            f"/^From:/ PREPEND X-SES-TENANT: {values.tenant}\n"
        )
    return (
        "# /etc/postfix/main.cf\n"
        f"relayhost = [{values.host}]:{values.port}\n"
        "smtp_sasl_auth_enable = yes\n"
        "smtp_sasl_security_options = noanonymous\n"
        "smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd\n"
        "smtp_tls_security_level = secure\n"
        "smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt\n"
        f"{wrapped}{headers}\n"
        "# /etc/postfix/sasl_passwd (chmod 600, then: postmap /etc/postfix/sasl_passwd && postfix reload)\n"
        f"[{values.host}]:{values.port} {values.username}:{values.password}\n"
    )


def _dotenv(value: str) -> str:
    """Quote for a .env file that a shell, Docker Compose and the usual libraries read alike."""
    if "'" not in value:
        return f"'{value}'"
    for char in '\\"$`':
        value = value.replace(char, f"\\{char}")
    return f'"{value}"'


def _env(values: SmtpCredentials) -> str:
    return "\n".join(f"{name}={_dotenv(str(value))}" for name, value in _constants(values)) + "\n"


def _json(values: SmtpCredentials) -> str:
    return json.dumps(msgspec.to_builtins(values), indent=2, ensure_ascii=False) + "\n"


def _text(values: SmtpCredentials) -> str:
    """A list for people, for programs that are set up in a form."""
    rows = (
        ("Server", values.host),
        ("Port", str(values.port)),
        ("Encryption", "SSL/TLS" if _wrapped(values) else "STARTTLS"),
        ("User name", values.username),
        ("Password", values.password),
        ("Sender", values.from_address),
        ("Sender's name", values.from_name),
        ("Header X-SES-TENANT", values.tenant or "none"),
        ("Configuration set", values.configuration_set or "none"),
    )
    return "\n".join(f"{name + ':':<22}{value}" for name, value in rows) + "\n"


_WRITERS: dict[str, Callable[[SmtpCredentials], str]] = {
    "text": _text,
    "wp-config": _wp_config,
    "wp-cli": _wp_cli,
    "wp-mail-smtp": _wp_mail_smtp,
    "fluentsmtp": _fluentsmtp,
    "msmtp": _msmtp,
    "postfix": _postfix,
    "env": _env,
    "json": _json,
}
FORMS = tuple(_WRITERS)
