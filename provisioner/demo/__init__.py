"""``innkeeper demo``: the whole loop on the embedded AWS, told as a story; every claim is read back from AWS."""
