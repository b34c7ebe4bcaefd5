"""Stage modality_balance: the mix of modalities in the training material."""
