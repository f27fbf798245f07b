"""The code that both plugins share: HTTP with retries and a throttle, settings, errors in one line, schema files."""
