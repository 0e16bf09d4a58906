"""A second reckoning of the figures: slow, plain Python over the rows of CSV exports.

Written from the definitions alone and without a line of the product's code, so that where both agree,
both read the definitions the same way.
"""
