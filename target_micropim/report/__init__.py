"""What happened, for people and for machines; what was refused."""
