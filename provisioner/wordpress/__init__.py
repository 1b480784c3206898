"""What a WordPress site needs to send through its tenant: a must-use plugin, and its settings in every form."""

from provisioner.wordpress.forms import FORMS, SmtpCredentials, render_credentials
from provisioner.wordpress.kit import credentials_of, render_kit

__all__ = ["FORMS", "SmtpCredentials", "credentials_of", "render_credentials", "render_kit"]
