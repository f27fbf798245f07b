"""Real clients: Meltano with the pages' commands, and a browser. Run by ``make trials``, in its short form too."""
