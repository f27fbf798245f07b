"""The proof: what was tried against both plugins, and what came of it. Each part writes a page of docs/."""
