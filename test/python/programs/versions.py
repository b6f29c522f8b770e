"""Which versions of the packages are installed."""

from importlib.metadata import version

from serving import serve

serve(versions=lambda names: [version(name) for name in names])
