"""The broker's WebSockets: who may open one, what is pushed, what becomes of what agents say (contract 7.2, 7.3, 8)."""
