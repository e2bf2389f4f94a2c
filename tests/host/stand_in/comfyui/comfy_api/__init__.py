"""As much of ComfyUI's public API as packs use."""
