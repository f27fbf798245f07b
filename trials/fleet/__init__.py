"""A fleet on a real PostgreSQL, with Meltano and the stock plugins, over the sandbox."""
