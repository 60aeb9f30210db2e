"""What a call asks its own caller while it is under way, and the answers of the user's functions.

Here belongs what answers a question of the native module, in the context of whoever waits for the call: for credentials, and for
what handlers do with requests, responses and retries. When a question is asked is decided in the native module.
"""
