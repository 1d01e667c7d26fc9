"""Adapters: libraries of arrays by our names, each a module that stands alone."""
