"""Two commits, the same scripted nights: equal requests, messages and reports, apart from times and ids."""
