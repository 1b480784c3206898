"""What SES publishes, read once and for all: messages to events, events to the stored facts and back."""
