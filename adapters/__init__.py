"""The only code that knows ComfyUI's server, folders and GPU manager."""
