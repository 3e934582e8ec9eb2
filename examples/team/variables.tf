variable "jupyter_token_expires_at" {
  description = "Expiration date of the token of the Jupyter server, as an RFC 3339 timestamp. A change updates the token in place."
  type        = string
  default     = "2035-12-31T00:00:00Z"
}

variable "jupyter_token_rotation" {
  description = "Arbitrary text. A change rotates the token of the Jupyter server."
  type        = string
  default     = "1"
}
