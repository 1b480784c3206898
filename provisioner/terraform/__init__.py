"""What running Terraform takes beside starting it: finding it and its provider, reading its progress and its errors."""
