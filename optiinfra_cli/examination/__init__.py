"""What `optiinfra doctor` looks at; looking starts no server and changes nothing."""
