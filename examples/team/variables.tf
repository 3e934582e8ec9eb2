variable "jupyter_token_expires_at" {
  description = "When the token of the Jupyter server ends, as in RFC 3339. A later date moves the end and keeps the token."
  type        = string
  default     = "2035-12-31T00:00:00Z"
}

variable "jupyter_token_rotation" {
  description = "Any text. When it changes, the Jupyter server gets a new token."
  type        = string
  default     = "1"
}
