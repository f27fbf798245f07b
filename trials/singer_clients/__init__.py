"""``make clients``: taps, targets and mappers that others wrote, beside ours; what came of it is docs/clients.md."""
