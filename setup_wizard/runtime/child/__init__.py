"""What runs inside the application's own interpreter. It imports nothing of this product.

`sentry_setup_probe` is its name there: `process.LOADER` loads it by its path, so that no folder is added to `sys.path`. It has to run
on Python 3.8 and newer, and on sentry-sdk 1.x and 2.x.
"""
