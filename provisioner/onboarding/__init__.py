"""Giving a tenant what it needs: plan and steps of onboarding, verification, credentials and their rotation."""
