"""What a WordPress site needs to send through its tenant: a must-use plugin, and its settings in every form."""
