"""The promises about speed and memory, each asserted beside what a user would take instead."""
