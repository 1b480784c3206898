"""Entry points of the Lambda functions: settings, wiring, one call."""
