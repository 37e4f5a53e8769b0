"""Slack: one card per case that edits itself, its buttons and forms, and the bot that posts it."""
