"""How well appearance models find objects among folders of crops."""
