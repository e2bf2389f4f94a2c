"""As much of ComfyUI's engine as packs use."""
