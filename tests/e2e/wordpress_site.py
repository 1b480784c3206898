"""A real WordPress on this machine: Debian's package, its own MariaDB, PHP's built-in web server."""

import contextlib
import html
import http.cookiejar
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

SOURCE = Path("/usr/share/wordpress")
NEEDED = ("php", "mariadbd", "mariadb-install-db", "mariadb")
ADMIN, PASSWORD, EMAIL = "admin", "a long password of the test", "owner@mailbox.test"


def missing():
    """What this machine lacks, in words; empty if it has everything."""
    lacks = [program for program in NEEDED if shutil.which(program) is None]
    return ", ".join([*lacks, *([] if SOURCE.is_dir() else [f"{SOURCE} (Debian's wordpress package)"])])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Database:
    """A MariaDB of its own on a socket, gone with its folder."""

    def __init__(self, folder):
        self.data, self.socket, self.log = folder / "db", folder / "db.sock", folder / "db.log"

    def start(self):
        me = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        common = ["--no-defaults", f"--datadir={self.data}", f"--user={me}"]
        subprocess.run(
            ["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
            capture_output=True,
            check=True,
        )
        self.process = subprocess.Popen(
            ["mariadbd", *common, f"--socket={self.socket}", "--skip-networking", f"--log-error={self.log}",
             f"--pid-file={self.data}/pid", "--innodb-flush-log-at-trx-commit=0", "--innodb-use-native-aio=0"],
        )  # fmt: skip
        for _ in range(100):
            if self.process.poll() is not None:
                raise RuntimeError(self.log.read_text())
            if self.query("CREATE DATABASE IF NOT EXISTS wordpress CHARACTER SET utf8mb4", check=False) == 0:
                return
            time.sleep(0.2)
        raise RuntimeError(f"MariaDB does not answer: {self.log.read_text()}")

    def query(self, sql, *, check=True):
        done = subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self.socket}", "-uroot", "-e", sql],
            capture_output=True,
            check=check,
        )
        return done.returncode

    def dump(self):
        """All options and transients, as a thief of the database would read them."""
        done = subprocess.run(
            [
                "mariadb",
                "--no-defaults",
                f"--socket={self.socket}",
                "-uroot",
                "wordpress",
                "-e",
                "SELECT * FROM wp_options",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Site:
    """One installed WordPress, and a browser that is signed in as its administrator."""

    def __init__(self, folder):
        self.folder, self.root = folder, folder / "site"
        self.database = Database(folder)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lines = ""
        self.server = None

    def start(self):
        self.database.start()
        # Debian links parts of the package to other packages; a copy of its own is a site like any other.
        shutil.copytree(SOURCE, self.root, ignore_dangling_symlinks=True)
        (self.root / "wp-content" / "mu-plugins").mkdir(parents=True)
        self.configure("")
        self.php(
            f"""
            define('WP_INSTALLING', true);
            require 'wp-load.php';
            require ABSPATH . 'wp-admin/includes/upgrade.php';
            add_filter('pre_wp_mail', '__return_true');
            wp_install('Bakery', '{ADMIN}', '{EMAIL}', true, '', '{PASSWORD}');
            echo json_encode(true);
            """,
            load=False,
        )
        with (self.folder / "php.log").open("wb") as log:
            options = ["-d", "display_errors=0", "-d", "opcache.enable=0"]  # a changed wp-config.php counts at once
            self.server = subprocess.Popen(
                ["php", *options, "-S", f"127.0.0.1:{self.port}", "-t", str(self.root)],
                cwd=self.root,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=os.environ | {"PHP_CLI_SERVER_WORKERS": "4"},  # WordPress calls itself
            )
        for _ in range(100):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.1)
        raise RuntimeError("PHP's web server does not answer")

    def stop(self):
        if self.server is not None:
            self.server.terminate()
            self.server.wait(30)
        self.database.stop()

    def configure(self, lines):
        """Write wp-config.php with ``lines`` where an owner would paste them."""
        salts = "".join(
            f"define('{name}', '{name.lower()} of the test');\n"
            for name in ("AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY",
                         "AUTH_SALT", "SECURE_AUTH_SALT", "LOGGED_IN_SALT", "NONCE_SALT")
        )  # fmt: skip
        (self.root / "wp-config.php").write_text(
            f"""<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{self.database.socket}');
define('DB_CHARSET', 'utf8mb4');
define('WP_SITEURL', '{self.url}');
define('WP_HOME', '{self.url}');
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('WP_ACCESSIBLE_HOSTS', '127.0.0.1');
define('WP_DEBUG', true);
define('WP_DEBUG_DISPLAY', false);
define('WP_DEBUG_LOG', '{self.folder}/debug.log');
{salts}$table_prefix = 'wp_';
{lines}
/* That's all, stop editing! */
if (!defined('ABSPATH')) {{ define('ABSPATH', __DIR__ . '/'); }}
require ABSPATH . 'wp-settings.php';
""",
            encoding="utf-8",
        )

    def put(self, name, text):
        """Copy a must-use plugin."""
        (self.root / "wp-content" / "mu-plugins" / name).write_text(text, encoding="utf-8")

    @property
    def complaints(self):
        """What PHP had to say about our plugins."""
        log = self.folder / "debug.log"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [line for line in lines if "innkeeper" in line]

    def php(self, code, *, load=True):
        """Run code inside WordPress; what it prints is JSON."""
        host = f"$_SERVER['HTTP_HOST'] = '127.0.0.1:{self.port}';"
        first = "require 'wp-load.php';" if load else ""
        done = subprocess.run(
            ["php", "-d", "display_errors=stderr", "-r", f"{host}{first}{code}"],
            cwd=self.root, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout)

    def mail(self, to, subject, text, headers=(), attachments=()):
        """``wp_mail`` as any plugin calls it."""
        arguments = ", ".join(f"json_decode({php_string(json.dumps(one))}, true)"
                              for one in (to, subject, text, list(headers), list(attachments)))  # fmt: skip
        return self.php(f"echo json_encode(wp_mail({arguments}));")

    def browser(self):
        return Browser(self.url)


class Browser:
    """Cookies and forms, as far as a test needs them."""

    def __init__(self, url):
        self.url = url
        jar = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(rfc2965=True))
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar)
        )

    def open(self, path, form=None):
        """The page at ``path``; ``form`` is posted."""
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        try:
            with self.opener.open(f"{self.url}{path}", body, timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()

    def sign_in(self):
        self.open("/wp-login.php")
        page = self.open("/wp-login.php", {"log": ADMIN, "pwd": PASSWORD, "testcookie": "1"})
        assert "wp-admin-bar" in page, text_of(page)[:500]
        return self

    def forget_password(self):
        """Ask for a new password, as somebody who forgot theirs; what WordPress answers."""
        return text_of(self.open("/wp-login.php?action=lostpassword", {"user_login": ADMIN}))

    def send_test_mail(self, to):
        """Tools, Innkeeper mail: press the button; the page afterwards."""
        page = self.open("/wp-admin/tools.php?page=innkeeper-mail")
        nonce = re.search(r'name="_wpnonce" value="(\w+)"', page)
        assert nonce, text_of(page)[:500]
        form = {"action": "innkeeper_test_mail", "_wpnonce": nonce[1], "to": to}
        return text_of(self.open("/wp-admin/admin-post.php", form))


def text_of(page):
    """The words of a page."""
    words = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", words)).split())


def php_string(text):
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
