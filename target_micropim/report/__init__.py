"""Files about a run: report.json, report.html, details, rejects, unmapped names, the plan of a dry run."""
