"""What happens after mail was sent: collect, audit, enforce, notify. Use cases over ports; no boto3, no clock."""
