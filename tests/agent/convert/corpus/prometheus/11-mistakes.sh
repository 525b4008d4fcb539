prometheus --agent --config.file=p.yml --storage.agent.pth=/x --log.level=loud stray
