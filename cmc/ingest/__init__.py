"""What gateways send: received as it came, read by a format, stored once."""
