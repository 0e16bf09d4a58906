"""Benchmarks against the limits and what a user would pick instead."""
