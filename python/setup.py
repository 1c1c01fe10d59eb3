"""The parser in C, without which the package works too."""

from setuptools import Extension, setup

setup(ext_modules=[Extension("ovs._json", sources=["ovs/_json.c"], optional=True)])
