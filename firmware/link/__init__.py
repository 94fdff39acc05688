"""Has somebody been told? What happened goes in, sealed frames out; and what gateways say comes back."""
